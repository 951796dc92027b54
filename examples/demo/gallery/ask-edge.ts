/** What the edge said to a request of the gallery's own, to be shown. */
export interface Answer {
  asked: string
  status: number
  /** Those that say something here, as they came. */
  headers: readonly (readonly [string, string])[]
  /** What CloudFront calls the refusal, such as `AccessDenied`. */
  refusal: string | undefined
}

const TELLING = [
  'content-type',
  'content-length',
  'content-range',
  'content-disposition',
  'content-security-policy',
  'x-content-type-options',
  'cache-control',
  'x-cache',
]

/** The body is read for its refusal only: what is asked for here is small, or a part. */
export async function askEdge(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(url, { headers })
  const body = await answer.text()
  const told = TELLING.flatMap(name => {
    const value = answer.headers.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  const asked = [`GET ${new URL(url).pathname}`, ...Object.entries(headers).map(header => header.join(': '))]
  return {
    asked: asked.join('\n'),
    status: answer.status,
    headers: told,
    refusal: answer.ok ? undefined : /<Code>(\w+)<\/Code>/.exec(body)?.[1],
  }
}
