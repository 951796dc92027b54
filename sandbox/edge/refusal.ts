/** An answer of the edge's own that says no. Code and message of signed URLs are those that CloudFront sends. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export function denied(): Refusal {
  return new Refusal(403, 'AccessDenied', 'Access denied')
}
