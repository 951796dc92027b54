import assert from 'node:assert/strict'

/** What is asked of the stand-in as at the console, where no command of ours and none of the CDK does it. */
export interface Account {
  endpoint: string
  region: string
}

/** What EventBridge Scheduler puts the time of the run in for. */
const PLACEHOLDER = '{"run":"<aws.scheduler.scheduled-time>"}'
/** Also an event of the function: a run of its own, for the time at which it starts. */
const RUN_NOW = '{}'

/**
 * The one thing that is not as it was deployed: MiniStack 1.5.33 hands the placeholder on as it stands, which the function rightly
 * takes for no time. When it fires, and what, stays with the schedule.
 */
export async function dropScheduledTime(account: Account, schedule: string): Promise<void> {
  const path = `/schedules/${schedule}`
  const deployed = (await ask(account, 'scheduler', 'GET', path)) as { Target: { Input: string } }
  assert.equal(deployed.Target.Input, PLACEHOLDER)
  const Target = { ...deployed.Target, Input: RUN_NOW }
  await ask(account, 'scheduler', 'PUT', path, { ...deployed, Target })
}

/** One invocation by hand, and its answer. */
export function invoke(account: Account, name: string, event: object): Promise<unknown> {
  return ask(account, 'lambda', 'POST', `/2015-03-31/functions/${name}/invocations`, event)
}

async function ask(
  { endpoint, region }: Account,
  service: string,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  // It looks at no signature, but takes service and region from where one would name them.
  const credential = `test/20300101/${region}/${service}/aws4_request`
  const headers = {
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=none`,
  }
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await fetch(`${endpoint}${path}`, { method, headers, ...sent })
  const text = await answer.text()
  assert.ok(answer.ok && !answer.headers.has('x-amz-function-error'), `${method} ${path}: ${text}`)
  return JSON.parse(text)
}
