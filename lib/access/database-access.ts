import { InstanceProfile, type ManagedPolicy, type PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { partitionsOf } from '../../core/model/blob-row.ts'
import { blobPrefix, packPrefix } from '../../core/model/key.ts'
import type { StackConfig } from '../../core/model/stack-config.ts'
import { addRole } from './add-role.ts'
import {
  createObjects,
  listObjects,
  readObjects,
  readRows,
  readSecret,
  readVersions,
  type Stores,
  writeRows,
} from './rights.ts'

/** What a host can be given: the role, its policy to attach elsewhere, and on EC2 the profile. */
export interface Granted {
  role: Role
  policy: ManagedPolicy
  profile: InstanceProfile | undefined
}

/** Roles for the hosts of one database; none reaches another's blobs, rows or reports (I9). */
export class DatabaseAccess extends Construct {
  /** By duty. */
  readonly granted: Readonly<Record<string, Granted>>

  constructor(
    scope: Construct,
    database: string,
    stores: Stores,
    trust: StackConfig['trust'],
    signingKey: string | undefined,
  ) {
    super(scope, `Database-${database}`)
    const rights: Partial<Record<keyof StackConfig['trust'], PolicyStatement[]>> = {
      instance: instanceRights(stores, database),
      reader: readerRights(stores, database),
      packer: packerRights(stores, database),
      ...(signingKey !== undefined && { signer: [readSecret(signingKey)] }),
    }
    const granted: Record<string, Granted> = {}
    for (const [duty, statements] of Object.entries(rights)) {
      const trusted = trust[duty as keyof typeof rights] ?? []
      const description = `nice-blobs: ${duty} of the database ${database}`
      const { role, policy } = addRole(this, duty, { statements, trusted, description })
      const profile = trusted.includes('ec2.amazonaws.com')
        ? new InstanceProfile(this, `${duty}-profile`, { role })
        : undefined
      granted[duty] = { role, policy, profile }
    }
    this.granted = granted
  }
}

function readerRights(stores: Stores, database: string): PolicyStatement[] {
  const prefix = blobPrefix(database)
  return [readObjects(stores, prefix), listObjects(stores, prefix)]
}

/** Archiving, reading, checking, recalling: everything a host does but delete. */
function instanceRights(stores: Stores, database: string): PolicyStatement[] {
  const prefix = blobPrefix(database)
  const rows = [`${partitionsOf(database)}*`, `volume#${database}`]
  return [
    ...readerRights(stores, database),
    readVersions(stores, prefix),
    ...createObjects(stores, prefix),
    readRows(stores, ...rows),
    writeRows(stores, ...rows),
  ]
}

/** Writing reports, and looking at what is there when one is sent again (I8). They are in no replica. */
function packerRights(stores: Stores, database: string): PolicyStatement[] {
  const prefix = packPrefix(database)
  const here = { ...stores, replicaArn: undefined }
  return [readObjects(here, prefix), listObjects(here, prefix), ...createObjects(here, prefix)]
}
