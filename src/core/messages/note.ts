/** A warning that is no rule's. */
export type Note = {
  /**
   * `filled` tells what was filled, `hint` what would be or why it is not, and `caution` what in the request or the facts
   * cannot be relied on.
   */
  readonly kind: 'filled' | 'hint' | 'caution'
  readonly text: string
  /** The annotation that it is about, as findings name a field. */
  readonly field?: string
}
