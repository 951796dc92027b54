import { type AnonymousRequestPrincipal, anonymousPrincipal } from '@cloud-copilot/iam-simulate'
import type { Place } from '../resolve.ts'
import type { PolicyDocument } from './document.ts'
import { DATABASES, FOREIGN_ACCOUNT, HOME, type Installation } from './installation.ts'
import type { StackRole } from './stack-roles.ts'

/** Who makes a request. */
export interface Caller {
  name: string
  /** At most four letters, the head of its column. */
  head: string
  /** What its column stands under. */
  group: string
  as: string | AnonymousRequestPrincipal
  account?: string
  /** The context keys AWS adds about who calls. */
  context: Readonly<Record<string, string>>
  /** Names of the installation's policies that are attached to it. */
  identity: readonly string[]
  boundary?: string
  /** What somebody outside the templates attached to it. */
  more?: PolicyDocument
  isService?: true
}

const ADMINISTRATOR: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Sid: 'Everything', Effect: 'Allow', Action: '*', Resource: '*' }],
}

const DUTIES: readonly [name: string, head: string][] = [
  ['scheduler', 'sche'],
  ['condemner', 'cond'],
  ['sweeper', 'swee'],
  ['undeleter', 'unde'],
  ['replication', 'repl'],
  ['starter of schedule-archive', 'star'],
  ['starter of sweep', 'stsw'],
]
const HOSTS: readonly [name: string, head: string][] = [
  ['instance', 'inst'],
  ['reader', 'read'],
  ['packer', 'pack'],
  ['signer', 'sign'],
]

/** Every role of the stack; a role that has no column is refused, so that none is forgotten. */
export function rolesOf({ roles }: Installation): Caller[] {
  const caller = (name: string, head: string, group: string): Caller => {
    const role = roles.find(role => role.name === name)
    if (!role) throw new Error(`there is no role ${name}`)
    return { ...session(role), name, head, group }
  }
  const callers = [
    ...DATABASES.flatMap(database =>
      HOSTS.map(([duty, head]) => caller(`${duty} of ${database}`, head, database)),
    ),
    ...DUTIES.map(([name, head]) => caller(name, head, 'central')),
  ]
  const forgotten = roles.filter(({ name }) => !callers.some(caller => caller.name === name))
  if (forgotten.length > 0) throw new Error(`no column for ${forgotten.map(({ name }) => name)}`)
  return callers
}

/** The roles as if nothing bounded what they are given. */
export function unbounded(callers: readonly Caller[]): Caller[] {
  return callers.map(({ boundary: _, ...caller }) => caller)
}

/** Everybody: the roles, a sweeper whom somebody made an administrator, and who administers what. */
export function everybody(installation: Installation): Caller[] {
  const { roles, away, eraser } = installation
  const sweeper = roles.find(({ name }) => name === 'sweeper')
  if (!sweeper) throw new Error('there is no sweeper')
  const promoted = { ...session(sweeper), more: ADMINISTRATOR }
  const isSecond = away.account !== HOME.account
  const overThere = administrators(away, isSecond ? 'second account' : 'administrators', '2')
  return [
    ...rolesOf(installation),
    { ...promoted, name: 'sweeper and administrator', head: 'swe+', group: 'administrators' },
    ...administrators(HOME, 'administrators', ''),
    ...overThere.filter(({ head }) => isSecond || head !== 'adm2'),
    ...(eraser === undefined ? [] : [administrator('eraser', 'eras', 'administrators', eraser)]),
    ...edges(installation),
    administrator('foreign administrator', 'fore', 'outside', roleArn(FOREIGN_ACCOUNT, 'Admin')),
    { name: 'anonymous', head: 'anon', group: 'outside', as: anonymousPrincipal, context: {}, identity: [] },
  ]
}

/** CloudFront, for each database's distribution, for somebody else's, and when it does not say for which. */
function edges({ edges }: Installation): Caller[] {
  const cloudFront = (name: string, head: string, source?: string): Caller => {
    const { isService: _, ...caller } = service('cloudfront.amazonaws.com', head)
    const context = { ...caller.context, ...(source !== undefined && { 'aws:SourceArn': source }) }
    return { ...caller, name, group: 'CloudFront', context }
  }
  const [first = ''] = Object.values(edges)
  return [
    ...DATABASES.map((database, index) =>
      cloudFront(`edge of ${database}`, `edg${index + 1}`, edges[database]),
    ),
    cloudFront('another distribution', 'othr', `${first}OFANOTHER`),
    cloudFront('CloudFront for nobody', 'none'),
  ]
}

/** One by herself, the role CloudFormation acts as, and one whose role is named nearly so. */
function administrators(place: Place, group: string, mark: string): Caller[] {
  const alike = deploymentRole(place).replace('hnb659fds', 'evil')
  const of = mark === '' ? '' : ', of the replica'
  return [
    administrator(`administrator${of}`, `adm${mark || 'i'}`, group, roleArn(place.account, 'Admin')),
    administrator(`deployment${of}`, `dep${mark || 'l'}`, group, deploymentRole(place)),
    administrator(`administrator named alike${of}`, `ali${mark || 'k'}`, group, alike),
  ]
}

function administrator(name: string, head: string, group: string, arn: string): Caller {
  return { ...session({ arn, identity: [] }), name, head, group, more: ADMINISTRATOR }
}

/** A role that is acted as: the request names the session, the context the role. */
function session(role: Pick<StackRole, 'arn' | 'identity' | 'boundary'>) {
  const { arn, identity, boundary } = role
  const [, account = '', name = ''] = /^arn:aws:iam::(\d+):role\/(.+)$/.exec(arn) ?? []
  return {
    as: `arn:aws:sts::${account}:assumed-role/${name}/session`,
    account,
    context: { 'aws:PrincipalArn': arn, 'aws:PrincipalAccount': account },
    identity,
    ...(boundary !== undefined && { boundary }),
  }
}

function roleArn(account: string, name: string): string {
  return `arn:aws:iam::${account}:role/${name}`
}

function deploymentRole({ account, region }: Place): string {
  return roleArn(account, `cdk-hnb659fds-cfn-exec-role-${account}-${region}`)
}

/** A service of AWS, which acts by itself for some bucket or rule. */
export function service(principal: string, head: string): Caller {
  const context = { 'aws:PrincipalIsAWSService': 'true', 'aws:PrincipalServiceName': principal }
  return { name: principal, head, group: 'services', as: principal, context, identity: [], isService: true }
}
