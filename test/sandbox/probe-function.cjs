const { join } = require('node:path')
const { writeFileSync, existsSync } = require('node:fs')

/** What the tests of the sandbox's functions deploy: does what the event says. */
exports.handler = async (event, context) => (event.Records ? workOff(event.Records) : act(event, context))

/** Each body says what to do; an answer that one of them gives is that for the whole batch. */
async function workOff(records) {
  const batchItemFailures = []
  for (const { messageId, body } of records) {
    const { fail, answer, ...event } = JSON.parse(body)
    await act(event)
    if (answer !== undefined) return answer
    if (fail) batchItemFailures.push({ itemIdentifier: messageId })
  }
  return { batchItemFailures, process: process.pid }
}

async function act(event, context) {
  if (event.print) console.log(event.print)
  if (event.complain) console.error(event.complain)
  if (event.exit !== undefined) process.exit(event.exit)
  if (event.fail) throw new TypeError(event.fail)
  if (event.failUnless && !existsSync(event.failUnless)) throw new Error('not yet')
  if (event.hang) await new Promise(() => setInterval(() => {}, 1000))
  if (event.spin) for (;;);
  if (event.meet) await meet(event.meet)
  return {
    event,
    now: new Date().toISOString(),
    environment: process.env,
    directory: __dirname,
    remaining: context?.getRemainingTimeInMillis(),
    requestId: context?.awsRequestId,
    functionName: context?.functionName,
    process: process.pid,
  }
}

/** Goes on only when another invocation is at work at the same time. */
async function meet(directory) {
  const [mine, theirs] = comeFirst(directory) ? ['first', 'second'] : ['second', 'first']
  writeFileSync(join(directory, mine), '')
  while (!existsSync(join(directory, theirs))) await new Promise(resolve => setTimeout(resolve, 5))
}

function comeFirst(directory) {
  try {
    writeFileSync(join(directory, 'first'), '', { flag: 'wx' })
    return true
  } catch {
    return false
  }
}
