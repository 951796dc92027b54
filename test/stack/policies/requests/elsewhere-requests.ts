import type { Place } from '../../resolve.ts'
import type { StackSchedule } from '../installation.ts'
import { bucketRequests } from './bucket-requests.ts'
import { rowRequests } from './index-requests.ts'
import { keyRequests } from './key-requests.ts'
import { ANOTHER_BUCKET, type Section } from './request.ts'
import { failureRequests, scheduleRequests } from './schedule-requests.ts'

const SECTIONS = ['read', 'list', 'write', 'delete', 'replicate']

/** The same requests, in their plain form, of what is not ours but named as if it were. */
export function elsewhereRequests({ account, region }: Place, schedule: StackSchedule): Section[] {
  const bucket = bucketRequests(ANOTHER_BUCKET)
    .filter(({ title }) => SECTIONS.includes(title))
    .map(({ title, requests }) => ({
      title: `a bucket: ${title}`,
      requests: requests.filter(({ name, on }) => !name.includes(',') && !on.startsWith('beside')),
    }))
  const table = `arn:aws:dynamodb:${region}:${account}:table/example-blobs-index-of-another`
  // AWS adds six characters to a name, so that ours can be the beginning of another.
  const secret = `arn:aws:secretsmanager:${region}:${account}:secret:nice-blobs/main/url-signing-key-AbCdEf-GhIjKl`
  const [keys] = keyRequests({ another: secret })
  return [
    ...bucket,
    { title: 'a table', requests: rowRequests(table) },
    { title: 'a secret', requests: keys?.requests ?? [] },
    ...ofAnother(schedule),
  ]
}

function ofAnother({ functionArn, scheduleArn, logArn, failures }: StackSchedule): Section[] {
  const another = {
    functionArn: `${functionArn}-of-another`,
    scheduleArn: `${scheduleArn}-of-another`,
    logArn: `${logArn}-of-another`,
  }
  const sections = [...scheduleRequests(another), ...failureRequests(`${failures.arn}-of-another`)]
  return [{ title: 'a schedule', requests: sections.flatMap(({ requests }) => requests) }]
}
