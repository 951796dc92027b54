import type { Section } from './request.ts'

const BY_TITLE = {
  read: ['GetSecretValue', 'DescribeSecret'],
  write: ['PutSecretValue', 'UpdateSecret', 'UpdateSecretVersionStage', 'RotateSecret'],
  delete: ['DeleteSecret'],
  reconfigure: ['PutResourcePolicy', 'ReplicateSecretToRegions'],
}

/** Everything that can be asked of secrets, by what they are of. */
export function keyRequests(secrets: Readonly<Record<string, string>>): Section[] {
  return Object.entries(BY_TITLE).map(([title, actions]) => ({
    title,
    requests: actions.flatMap(name =>
      Object.entries(secrets).map(([of, resource]) => ({
        name,
        on: `the key of ${of}`,
        action: `secretsmanager:${name}`,
        resource,
        context: {},
      })),
    ),
  }))
}
