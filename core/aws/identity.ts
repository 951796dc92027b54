import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { TIME_OUTS } from './s3-client.ts'
import { translateError } from './translate-error.ts'

/** There is no need to ask twice: nothing depends on the answer. */
const ATTEMPTS = 2

/** The ARN of whoever these credentials are. */
export async function readIdentity(region: string): Promise<string> {
  const client = new STSClient({ region, maxAttempts: ATTEMPTS, requestHandler: { ...TIME_OUTS } })
  try {
    return (await client.send(new GetCallerIdentityCommand({}))).Arn ?? 'nobody'
  } catch (error) {
    throw translateError(error, 'STS')
  } finally {
    client.destroy()
  }
}
