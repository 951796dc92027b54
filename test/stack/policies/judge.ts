import { runSimulation } from '@cloud-copilot/iam-simulate'
import type { Caller } from './callers.ts'
import type { Policies } from './document.ts'
import type { Request } from './requests/request.ts'

/** Allowed; explicitly denied; implicitly denied, that is, allowed by nothing. */
export type Verdict = 'A' | 'D' | 'i'

const VERDICTS: Readonly<Record<string, Verdict>> = {
  Allowed: 'A',
  ExplicitlyDenied: 'D',
  ImplicitlyDenied: 'i',
}

/** Whose a thing is, and the name of its policy. */
export interface Store {
  account: string
  policy?: string
}

/** What AWS would answer. A request that AWS would not know is an error, not a refusal. */
export async function judge(
  caller: Caller,
  request: Request,
  store: Store,
  policies: Policies,
): Promise<Verdict> {
  const { action, resource } = request
  const named = (name: string) => {
    const policy = policies.get(name)
    if (!policy) throw new Error(`no policy ${name}`)
    return { name, policy }
  }
  const { boundary } = caller
  const answer = await runSimulation(
    {
      identityPolicies: [
        ...caller.identity.map(named),
        ...(caller.more ? [{ name: 'more', policy: caller.more }] : []),
      ],
      ...(boundary !== undefined && { permissionBoundaryPolicies: [named(boundary)] }),
      ...(store.policy !== undefined && { resourcePolicy: named(store.policy).policy }),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      request: {
        action,
        principal: caller.as,
        resource: { accountId: store.account, resource },
        contextVariables: contextOf(caller, request, store),
      },
      additionalSettings: { s3: { blockPublicAccess: store.policy !== undefined } },
    },
    {},
  )
  const what = `${caller.name}: ${request.name} ${request.on}`
  if (answer.resultType !== 'single')
    throw new Error(`${what}: ${JSON.stringify(answer.resultType === 'error' ? answer.errors : answer)}`)
  const { ignoredContextKeys = [] } = answer.result
  if (ignoredContextKeys.length > 0) throw new Error(`${what}: nobody sends ${ignoredContextKeys}`)
  const verdict = VERDICTS[answer.overallResult]
  if (!verdict) throw new Error(`${what}: ${answer.overallResult}`)
  return verdict
}

function contextOf(caller: Caller, { action, context, source }: Request, { account }: Store) {
  const all = {
    'aws:SecureTransport': 'true',
    ...(action.startsWith('s3:') && { 's3:TlsVersion': '1.3', 's3:ResourceAccount': account }),
    ...caller.context,
    ...(caller.isService ? source : undefined),
    ...context,
  }
  const sent = Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))
  return Object.fromEntries(sent) as Record<string, string | string[]>
}
