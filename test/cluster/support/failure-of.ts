/** What a promise is rejected with; one that is not rejected is the test's failure. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    value => {
      throw new Error(`not rejected: ${JSON.stringify(value)}`)
    },
    (error: unknown) => error,
  )
}
