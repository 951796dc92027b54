import { KEYS } from '../requests/object-requests.ts'

interface Unnoticed {
  why: string
  mutants: string[]
}

export type Where = 'one account' | 'two accounts' | 'an erasure'

/** Weaker policies that change no cell: something else holds, or there is nothing to be weaker. */
export const UNNOTICED: Readonly<Record<Where, readonly Unnoticed[]>> = {
  'one account': [
    {
      why: 'only PutObject comes with the key that the condition asks for, so that no other action passes it',
      mutants: [
        'undeleter · CreateObjects · of all of s3',
        'undeleter · UploadParts · of all of s3',
        'instance of main · CreateObjects · of all of s3',
        'instance of main · UploadParts · of all of s3',
        'packer of main · CreateObjects · of all of s3',
        'packer of main · UploadParts · of all of s3',
        'records · WriteEdgeLogs · of all of s3',
      ],
    },
    {
      why: 'only the two ways of listing come with a prefix, and these roles have both for blobs',
      mutants: ['sweeper · ListVersions · of all of s3', 'undeleter · ListVersions · of all of s3'],
    },
    {
      why: 'nobody but CloudFront comes with the ARN of a distribution',
      mutants: ['bucket · Deliver-main · of everyone', 'bucket · Deliver-main-old · of everyone'],
    },
    {
      why: 'there is no third database whose name begins with the second one’s',
      mutants: [
        'bucket · Deliver-main-old · on example-blobs/blobs/main-old/* as example-blobs/blobs/main-old*',
      ],
    },
  ],
  'two accounts': [
    {
      why: 'the shield denies replicating to every other role, and that role’s own policy ends at the blobs',
      mutants: [
        'replica · Replicate · without conditions',
        'replica · Replicate · ArnEquals aws:PrincipalArn: arn:aws:iam::111111111111:role/nice-blobs-replication-eu-central-1 as arn:aws:iam::111111111111:role/*',
        'replica · Replicate · ArnEquals aws:PrincipalArn: arn:aws:iam::111111111111:role/nice-blobs-replication-eu-central-1 as arn:aws:iam::*:role/*',
        'replica · Replicate · on example-blobs-replica/blobs/* as example-blobs-replica/blobs*',
        'replica · Replicate · on example-blobs-replica/blobs/* as example-blobs-replica/*',
        'replica · Replicate · of everyone',
      ],
    },
    {
      why: 'in another account that role’s own policy has to allow as well, and it allows no more than to replicate',
      mutants: [
        'replica · Replicate · of all of s3',
        'replica · SeeVersioning · of all of s3',
        'replica · SeeVersioning · of everyone',
      ],
    },
  ],
  'an erasure': [
    {
      why: 'a key that goes on after the blob’s is no key of a blob',
      mutants: ['bucket', 'replica'].map(name => {
        const key = `example-blobs${name === 'bucket' ? '' : '-replica'}/${KEYS['blobs/main']}`
        return `${name} · KeepBucketAndVersions · not on ${key} as ${key}*`
      }),
    },
  ],
}

/** Stricter policies that stop nothing. */
export const UNNEEDED: typeof UNNOTICED = {
  'one account': [
    {
      why: 'the CDK adds it for the inventory; nothing is written onto a bucket itself',
      mutants: [
        'records · statement 5 on aws:SourceArn · not on Records091F6ECA',
        'replica records · statement 4 on aws:SourceArn · not on Records091F6ECA',
      ],
    },
  ],
  'two accounts': [],
  'an erasure': [],
}
