import type { Template } from '../../stack/synthesize.ts'
import {
  type Account,
  assume,
  type Credentials,
  makeAdministrator,
  makeAdministratorRole,
} from './account.ts'
import { PLACE, roleNamed } from './deploy.ts'

export type Who =
  | 'administrator'
  | 'administrator by role'
  | 'deployment'
  | 'namesake of the deployment'
  | 'instance'
  | 'instance of other'
  | 'sweeper'
  | 'undeleter'

/** What a bootstrapped account has CloudFormation act as. */
const CLOUDFORMATION = `cdk-hnb659fds-cfn-exec-role-${PLACE.account}-${PLACE.region}`

/** Keys of two administrators, of CloudFormation and of sessions of the template's roles. */
export async function makeCallers(account: Account, template: Template): Promise<Record<Who, Credentials>> {
  const session = (duty: string) =>
    assume(account, `arn:aws:iam::${PLACE.account}:role/${roleNamed(template, duty)}`)
  return {
    administrator: await makeAdministrator(account, 'administrator'),
    'administrator by role': await makeAdministratorRole(account, 'Administrator'),
    deployment: await makeAdministratorRole(account, CLOUDFORMATION),
    'namesake of the deployment': await makeAdministratorRole(account, `${CLOUDFORMATION}-2`),
    instance: await session('instance of the database main'),
    'instance of other': await session('instance of the database other'),
    sweeper: await session('sweeper'),
    undeleter: await session('undeleter'),
  }
}
