/** Waits until something is so; throws when it is not within 8 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 8000; Date.now() < end; ) {
    if (await condition()) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error('it did not happen within 8 s')
}
