import { Validations } from 'aws-cdk-lib'
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront'
import type { DeliveredDatabase, DeliveryConfig } from '../../core/model/stack-config.ts'

/** What is otherwise than is customary, and why. */
export function explainEdge(
  edge: Distribution,
  { webAcl }: DeliveryConfig,
  { domain }: DeliveredDatabase,
): void {
  const because = (rule: string, reason: string) =>
    Validations.of(edge).acknowledge({ id: `AwsSolutions-${rule}`, reason })
  because('CFR1', 'Who may see a blob the application decides, wherever they are.')
  because('CFR3', 'The log is of the second version, of chosen fields; the first would hold signatures.')
  if (!webAcl)
    because('CFR2', 'Nothing is answered without a signature; stack.delivery.webAcl adds a firewall.')
  if (!domain)
    because(
      'CFR4',
      'With CloudFront’s own name the least TLS version cannot be chosen; a domain of one’s own has 1.2.',
    )
}
