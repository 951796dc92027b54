import { OVER_HTTP, type Request, type Section, type Source } from './request.ts'

/** Everything that can be asked of a queue; by EventBridge for the rule that feeds it, and for others. */
export function queueRequests(queueArn: string, ruleArn: string): Section[] {
  const ours = { 'aws:SourceArn': ruleArn }
  const of = (names: string[]) => names.map(name => request(name, queueArn, ours))
  const send = (more: string, source: Source, context = {}) => ({
    ...request('SendMessage', queueArn, source),
    name: `SendMessage${more}`,
    context,
  })
  const another = { 'aws:SourceArn': `${ruleArn}-of-another` }
  const foreign = { 'aws:SourceArn': ruleArn.replace(/:\d{12}:/, ':999999999999:') }
  return [
    {
      title: 'write',
      requests: [
        send('', ours),
        send(', for another rule', another),
        send(', for another account', foreign),
        send(', over http', ours, OVER_HTTP),
      ],
    },
    { title: 'read', requests: of(['ReceiveMessage', 'GetQueueAttributes']) },
    { title: 'delete', requests: of(['DeleteMessage', 'PurgeQueue', 'DeleteQueue']) },
    {
      title: 'reconfigure',
      requests: of(['ChangeMessageVisibility', 'SetQueueAttributes', 'AddPermission']),
    },
  ]
}

function request(name: string, resource: string, source: Source): Request {
  return { name, on: '', action: `sqs:${name}`, resource, context: {}, source }
}
