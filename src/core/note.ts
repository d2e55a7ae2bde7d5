/**
 * A warning that is no rule's: what was filled, what would be and why it is not, or what in the request or the facts cannot
 * be relied on.
 */
export type Note = { readonly kind: 'filled' | 'hint' | 'caution'; readonly text: string }
