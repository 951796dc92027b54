import type { StackFunction } from '../installation.ts'
import type { Request, Section } from './request.ts'

const STREAM = ':log-stream:2026/11/22/first'

/** Everything that can be asked of functions, of what starts them and of their logs, by name. */
export function functionRequests(functions: Readonly<Record<string, StackFunction>>): Section[] {
  const ofEach = (actions: (name: string, found: StackFunction) => Request[]) =>
    Object.entries(functions).flatMap(([name, found]) => actions(name, found))
  const ofFunction = (...names: string[]) =>
    ofEach((of, { functionArn }) => names.map(name => request(name, of, 'lambda', functionArn)))
  const ofSchedule = (...names: string[]) =>
    ofEach((of, { scheduleArn }) =>
      scheduleArn === undefined
        ? []
        : names.map(name => request(name, `the schedule of ${of}`, 'scheduler', scheduleArn)),
    )
  const ofLog = (...names: string[]) =>
    ofEach((of, { logArn }) => names.map(name => request(name, `the log of ${of}`, 'logs', logArn)))
  const ofStream = (...names: string[]) =>
    ofEach((of, { logArn }) =>
      names.map(name => request(name, `a stream of ${of}`, 'logs', `${logArn}${STREAM}`)),
    )
  const version = ofEach((of, { functionArn }) => [
    request('InvokeFunction', `a version of ${of}`, 'lambda', `${functionArn}:1`),
  ])
  return [
    { title: 'start', requests: [...ofFunction('InvokeFunction'), ...version] },
    { title: 'write', requests: ofStream('CreateLogStream', 'PutLogEvents') },
    {
      title: 'read',
      requests: [...ofFunction('GetFunction'), ...ofSchedule('GetSchedule'), ...ofStream('GetLogEvents')],
    },
    {
      title: 'reconfigure',
      requests: [
        ...ofFunction('UpdateFunctionCode', 'UpdateFunctionConfiguration', 'AddPermission'),
        ...ofSchedule('UpdateSchedule'),
        ...ofLog('PutRetentionPolicy'),
      ],
    },
    {
      title: 'delete',
      requests: [
        ...ofFunction('DeleteFunction'),
        ...ofSchedule('DeleteSchedule'),
        ...ofLog('DeleteLogGroup'),
      ],
    },
  ]
}

function request(name: string, on: string, service: string, resource: string): Request {
  return { name, on, action: `${service}:${name}`, resource, context: {} }
}
