import { RemovalPolicy, Validations } from 'aws-cdk-lib'
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { signingKeysName } from '../../core/model/signing-keys.ts'

/**
 * The place of the keys that sign a database's URLs, empty: a key never passes through a template. A database has keys
 * of its own, so that its signer reaches no other's blobs (I9). Answers the secret's ARN.
 */
export function addSigningKey(scope: Construct, stackName: string, database: string): string {
  const secret = new CfnSecret(new Construct(scope, `Signing-${database}`), 'Keys', {
    name: signingKeysName(stackName, database),
    description: `nice-blobs: signs the URLs of the database ${database}`,
  })
  secret.applyRemovalPolicy(RemovalPolicy.RETAIN)
  Validations.of(secret).acknowledge({
    id: 'AwsSolutions-SMG4',
    reason:
      'A signing key is rotated in steps, with old and new URLs in force for a while; a timer cannot do that.',
  })
  return secret.ref
}
