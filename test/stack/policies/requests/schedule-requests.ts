import type { StackSchedule } from '../installation.ts'
import { OVER_HTTP, type Request, type Section } from './request.ts'

const STREAM = ':log-stream:2026/11/22/first'

/** Everything that can be asked of the schedule’s function, of what starts it and of its log. */
export function scheduleRequests({
  functionArn,
  scheduleArn,
  logArn,
}: Omit<StackSchedule, 'failures'>): Section[] {
  const ofFunction = (name: string) => request(name, 'the function', `lambda:${name}`, functionArn)
  const ofSchedule = (name: string) => request(name, 'the schedule', `scheduler:${name}`, scheduleArn)
  const ofLog = (name: string) => request(name, 'the log', `logs:${name}`, logArn)
  const ofStream = (name: string) =>
    request(name, 'a stream of the log', `logs:${name}`, `${logArn}${STREAM}`)
  return [
    {
      title: 'start',
      requests: [
        ofFunction('InvokeFunction'),
        request('InvokeFunction', 'a version of it', 'lambda:InvokeFunction', `${functionArn}:1`),
      ],
    },
    { title: 'write', requests: ['CreateLogStream', 'PutLogEvents'].map(ofStream) },
    {
      title: 'read',
      requests: [ofFunction('GetFunction'), ofSchedule('GetSchedule'), ofStream('GetLogEvents')],
    },
    {
      title: 'reconfigure',
      requests: [
        ...['UpdateFunctionCode', 'UpdateFunctionConfiguration', 'AddPermission'].map(ofFunction),
        ofSchedule('UpdateSchedule'),
        ofLog('PutRetentionPolicy'),
      ],
    },
    {
      title: 'delete',
      requests: [ofFunction('DeleteFunction'), ofSchedule('DeleteSchedule'), ofLog('DeleteLogGroup')],
    },
  ]
}

/** Everything that can be asked of the queue that takes what failed for good. */
export function failureRequests(queueArn: string): Section[] {
  const of = (names: string[]) => names.map(name => request(name, '', `sqs:${name}`, queueArn))
  const [send] = of(['SendMessage'])
  return [
    {
      title: 'write',
      requests: send ? [send, { ...send, name: 'SendMessage, over http', context: OVER_HTTP }] : [],
    },
    { title: 'read', requests: of(['ReceiveMessage']) },
    { title: 'delete', requests: of(['DeleteMessage', 'PurgeQueue', 'DeleteQueue']) },
    { title: 'reconfigure', requests: of(['SetQueueAttributes', 'AddPermission']) },
  ]
}

function request(name: string, on: string, action: string, resource: string): Request {
  return { name, on, action, resource, context: {} }
}
