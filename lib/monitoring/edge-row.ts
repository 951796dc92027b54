import { Duration } from 'aws-cdk-lib'
import { GraphWidget, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { Edge } from '../delivery/edge.ts'

const QUARTER = 6
/** CloudFront is measured there, wherever it answers. */
const REGION = 'us-east-1'

/** How much each edge is asked for and sends, and which share of it is refused or fails. */
export function edgeRow(edges: readonly Edge[]): GraphWidget[] {
  if (edges.length === 0) return []
  const graph = (title: string, metricName: string, statistic: string) =>
    new GraphWidget({
      title,
      region: REGION,
      left: edges.map(
        ({ database, distribution }) =>
          new Metric({
            namespace: 'AWS/CloudFront',
            metricName,
            dimensionsMap: { DistributionId: distribution.distributionId, Region: 'Global' },
            statistic,
            period: Duration.minutes(5),
            region: REGION,
            label: database,
          }),
      ),
      width: QUARTER,
    })
  return [
    graph('Edges: requests', 'Requests', Stats.SUM),
    graph('Edges: bytes', 'BytesDownloaded', Stats.SUM),
    graph('Edges: refused, %', '4xxErrorRate', Stats.AVERAGE),
    graph('Edges: failed, %', '5xxErrorRate', Stats.AVERAGE),
  ]
}
