/**
 * Tells whether a text is one that a glob names: `*` is any text, everything else stands for itself.
 *
 * By looking for each part after the one before it, in a time that grows with the text alone. A regular expression with
 * `.*` in it would try every way to share the text out, and anybody who starts a VM may write such a text.
 */
export function globMatcher(glob: string): (text: string) => boolean {
  const [first = '', ...rest] = glob.split('*')
  const last = rest.pop()
  if (last === undefined) return text => text === first
  return text => {
    if (!text.startsWith(first) || !text.endsWith(last)) return false
    const end = text.length - last.length
    let from = first.length
    for (const part of rest) {
      const found = text.indexOf(part, from)
      if (found === -1) return false
      from = found + part.length
    }
    return from <= end
  }
}
