/** A value that a function told in the embedded metric format, as CloudWatch takes it from its log. */
export interface Measured {
  readonly namespace: string
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly dimensions: Readonly<Record<string, string>>
  /** In milliseconds since 1970. */
  readonly time: number
}

interface Document {
  readonly _aws: {
    readonly Timestamp: number
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string; readonly Unit?: string }[]
    }[]
  }
  readonly [member: string]: unknown
}

/** In the order in which they were told; of each set of dimensions by itself. */
export function metricsIn(lines: readonly string[]): Measured[] {
  return lines
    .filter(line => line.startsWith('{') && line.includes('"CloudWatchMetrics"'))
    .flatMap(measuredBy)
}

function measuredBy(line: string): Measured[] {
  const document: Document = JSON.parse(line)
  const { Timestamp: time, CloudWatchMetrics: directives } = document._aws
  if (typeof time !== 'number') throw new Error(`a metric without a time: ${line}`)
  return directives.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap(names =>
      Metrics.map(({ Name: name, Unit: unit = 'None' }) => {
        const value = document[name]
        if (typeof value !== 'number') throw new Error(`the metric ${name} has no value: ${line}`)
        const dimensions = Object.fromEntries(names.map(each => [each, String(document[each])]))
        return { namespace, name, unit, value, dimensions, time }
      }),
    ),
  )
}
