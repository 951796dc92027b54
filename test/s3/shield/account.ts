import { S3Client } from '@aws-sdk/client-s3'
import { SignatureV4 } from '@smithy/signature-v4'

export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/** The servers here ask for no valid credentials until they are told to. */
export const ANYBODY: Credentials = { accessKeyId: 'anybody', secretAccessKey: 'anything' }

const ADMINISTRATOR_ACCESS = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
})

/** An AWS account as a server on this machine plays it. */
export interface Account {
  endpoint: string
  region: string
}

export function s3Client({ endpoint, region }: Account, credentials: Credentials): S3Client {
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 })
}

/** From here on the server asks for signatures. */
export async function demandSignatures({ endpoint }: Account): Promise<void> {
  const { ok, status } = await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' })
  if (!ok) throw new Error(`reset-auth: ${status}`)
}

/** One signed call of IAM; answers the XML. */
export function iam(account: Account, form: Record<string, string>, credentials = ANYBODY): Promise<string> {
  return call(account, 'iam', { ...form, Version: '2010-05-08' }, credentials)
}

/** As a service, or a person whom the role trusts, comes by the keys of a session. */
export async function assume(account: Account, role: string): Promise<Credentials> {
  const form = { Action: 'AssumeRole', RoleArn: role, RoleSessionName: 'test', Version: '2011-06-15' }
  const xml = await call(account, 'sts', form, ANYBODY)
  return { ...keysIn(xml), sessionToken: textOf(xml, 'SessionToken') }
}

export async function makeAdministrator(account: Account, UserName: string): Promise<Credentials> {
  await iam(account, { Action: 'CreateUser', UserName })
  const policy = { PolicyName: 'AdministratorAccess', PolicyDocument: ADMINISTRATOR_ACCESS }
  await iam(account, { Action: 'PutUserPolicy', UserName, ...policy })
  return keysIn(await iam(account, { Action: 'CreateAccessKey', UserName }))
}

/** Gives a role all that its boundary lets it have. */
export async function giveAll(account: Account, RoleName: string, credentials = ANYBODY): Promise<void> {
  const policy = { PolicyName: 'AdministratorAccess', PolicyDocument: ADMINISTRATOR_ACCESS }
  await iam(account, { Action: 'PutRolePolicy', RoleName, ...policy }, credentials)
}

/** A role with all rights; answers a session of it. */
export async function makeAdministratorRole(account: Account, RoleName: string): Promise<Credentials> {
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } }
  const document = JSON.stringify({ Version: '2012-10-17', Statement: [trust] })
  const xml = await iam(account, { Action: 'CreateRole', RoleName, AssumeRolePolicyDocument: document })
  await giveAll(account, RoleName)
  return assume(account, textOf(xml, 'Arn'))
}

/** IAM and STS speak forms and XML. */
async function call(
  { endpoint, region }: Account,
  service: string,
  form: Record<string, string>,
  credentials: Credentials,
): Promise<string> {
  const { host, hostname } = new URL(endpoint)
  const { sha256 } = s3Client({ endpoint, region }, credentials).config
  const signer = new SignatureV4({ service, region: 'us-east-1', credentials, sha256 })
  const body = new URLSearchParams(form).toString()
  const headers = { host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const request = { method: 'POST', protocol: 'http:', hostname, path: '/', query: {}, headers, body }
  const signed = await signer.sign(request)
  const answer = await fetch(endpoint, { method: 'POST', headers: signed.headers, body })
  const xml = await answer.text()
  if (!answer.ok) throw new Error(`${form.Action}: ${answer.status} ${xml}`)
  return xml
}

function keysIn(xml: string): Credentials {
  return { accessKeyId: textOf(xml, 'AccessKeyId'), secretAccessKey: textOf(xml, 'SecretAccessKey') }
}

function textOf(xml: string, name: string): string {
  const text = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]
  if (text === undefined) throw new Error(`no ${name} in ${xml}`)
  return text
}
