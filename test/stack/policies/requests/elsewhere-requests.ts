import type { Place } from '../../resolve.ts'
import type { StackFunctions } from '../installation.ts'
import { bucketRequests } from './bucket-requests.ts'
import { functionRequests } from './function-requests.ts'
import { rowRequests } from './index-requests.ts'
import { keyRequests } from './key-requests.ts'
import { queueRequests } from './queue-requests.ts'
import { ANOTHER_BUCKET, type Section } from './request.ts'

const SECTIONS = ['read', 'list', 'write', 'delete', 'replicate']

/** The same requests, in their plain form, of what is not ours but named as if it were. */
export function elsewhereRequests({ account, region }: Place, central: StackFunctions): Section[] {
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
    ...ofAnother(central),
  ]
}

function ofAnother({ functions, failures, work }: StackFunctions): Section[] {
  const { functionArn, scheduleArn, logArn } = functions.sweep
  const another = {
    functionArn: `${functionArn}-of-another`,
    scheduleArn: `${scheduleArn}-of-another`,
    logArn: `${logArn}-of-another`,
  }
  const requestsOf = (sections: Section[]) => sections.flatMap(({ requests }) => requests)
  const queues = [work, ...Object.values(failures)].flatMap(({ arn, policy }) =>
    requestsOf(queueRequests(`${arn}-of-another`, work.ruleArn)).map(request => ({
      ...request,
      on: `beside the ${policy}`,
    })),
  )
  return [
    { title: 'a function', requests: requestsOf(functionRequests({ another })) },
    { title: 'queues', requests: queues },
  ]
}
