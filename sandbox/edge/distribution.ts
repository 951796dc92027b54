/** A distribution of CloudFront with one origin, a bucket, and nothing but its default behaviour. */
export interface Distribution {
  readonly bucket: string
  /** What the bucket's policy lets it read: keys, in which * stands for any characters. */
  readonly readable: readonly string[]
  readonly allowedMethods: readonly string[]
  /** Of all key groups that it trusts: PEM, by the id by which CloudFront knows each key. */
  readonly publicKeys: Readonly<Record<string, string>>
  /** The parts of a query that reach the bucket and make an entry of the cache another one. */
  readonly queryStrings: readonly string[]
  /** How long an object stays in the cache, in seconds. */
  readonly lifetimes: Lifetimes
  readonly addedHeaders: readonly AddedHeader[]
  readonly removedHeaders: readonly string[]
}

export interface Lifetimes {
  readonly min: number
  /** Of what the bucket says nothing about. */
  readonly default: number
  readonly max: number
}

export interface AddedHeader {
  readonly name: string
  readonly value: string
  /** Or else what the bucket says stays. */
  readonly override: boolean
}
