import type { Command } from 'commander'
import { didYouMean } from '../../core/did-you-mean.ts'
import { InputError } from '../../input-error.ts'

/** Defines `help`, which unlike the library's own finds commands inside commands, and says when there is none. */
export function defineHelp(program: Command): void {
  program
    .helpCommand(false)
    .command('help')
    .description('print the help of a command')
    .argument('[COMMAND...]', 'such as check, or audit verify')
    .action((names: readonly string[]) => names.reduce(step, program).outputHelp())
}

function step(command: Command, name: string): Command {
  const found = command.commands.find(each => each.name() === name)
  if (found) return found
  const names = command.commands.map(each => each.name())
  const meant = didYouMean(name, names)
  const hint = meant === undefined ? '' : `\n(Did you mean ${meant}?)`
  throw new InputError(`unknown command '${name}'${hint}`)
}
