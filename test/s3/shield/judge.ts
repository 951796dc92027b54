import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getDenialReasons, runSimulation } from '@cloud-copilot/iam-simulate'
import { contextOf, type Question, questionsOf, type WireRequest } from './questions.ts'

/** What judged_moto.py asks about: an authenticated request, and every policy that bears on it. */
interface Hearing extends WireRequest {
  account: string
  principal: string
  principalArn: string
  identityPolicies: object[]
  boundaries: object[]
  bucketPolicies: Record<string, object>
}

export interface Judge {
  url: string
  /** The decisions since it was last asked: `s3:DeleteObject ExplicitlyDenied by OnlySweeperMarks`. */
  decided(): string[]
  stop(): Promise<void>
}

/** Decides about requests by the rules of IAM, over loopback. Whatever it cannot decide is an error, and not done either. */
export async function startJudge(): Promise<Judge> {
  let decisions: string[] = []
  const server = createServer(async (incoming, answer) => {
    try {
      const hearing = await read(incoming)
      const refused: string[] = []
      for (const question of questionsOf(hearing)) {
        const { allowed, because } = await decide(question, hearing)
        decisions.push(`${question.action} ${because}`)
        if (!allowed) refused.push(question.resource)
      }
      answer.end(JSON.stringify(refused))
    } catch (error) {
      decisions.push(String(error))
      answer.writeHead(500).end()
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    decided() {
      const taken = decisions
      decisions = []
      return taken
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function read(incoming: IncomingMessage): Promise<Hearing> {
  let text = ''
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk
  const hearing: Hearing = JSON.parse(text)
  const headers = Object.entries(hearing.headers).map(([name, value]) => [name.toLowerCase(), value])
  return { ...hearing, headers: Object.fromEntries(headers) }
}

async function decide(question: Question, hearing: Hearing) {
  const { action, resource } = question
  const { account, principal, principalArn, identityPolicies, boundaries, bucketPolicies } = hearing
  const named = (policies: object[]) => policies.map((policy, n) => ({ name: `policy-${n}`, policy }))
  const context = { ...(await contextOf(question, hearing)), 'aws:PrincipalArn': principalArn }
  const bucket = resource.split(':::')[1]?.split('/')[0] ?? ''
  const simulation = await runSimulation(
    {
      request: { action, principal, resource: { accountId: account, resource }, contextVariables: context },
      identityPolicies: named(identityPolicies),
      ...(boundaries.length > 0 && { permissionBoundaryPolicies: named(boundaries) }),
      resourcePolicy: bucketPolicies[bucket],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  )
  if (simulation.resultType !== 'single') throw new Error(`no decision: ${JSON.stringify(simulation)}`)
  const { analysis, ignoredContextKeys = [] } = simulation.result
  if (ignoredContextKeys.length > 0) throw new Error(`${action} has no ${ignoredContextKeys}`)
  const reasons = getDenialReasons(analysis).map(denial => {
    if (denial.denialType === 'Explicit') return denial.statementId
    return denial.policyType === 'pb' ? 'boundary' : denial.policyType
  })
  const by = reasons.length > 0 ? ` by ${reasons.join(', ')}` : ''
  return { allowed: analysis.result === 'Allowed', because: `${analysis.result}${by}` }
}
