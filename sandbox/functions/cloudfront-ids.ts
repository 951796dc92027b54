import { createHash } from 'node:crypto'
import type { StackTemplate } from './assembly.ts'

/** What ids begin with: those of distributions and keys are known to people, and seen in URLs. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  'AWS::CloudFront::Distribution': 'E',
  'AWS::CloudFront::PublicKey': 'K',
}
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The id that CloudFront gives a resource: always the same one for the same resource of a stack, and for another another. */
export function cloudFrontId(stack: StackTemplate, id: string): string {
  const digest = createHash('sha256').update(`${stack.name}/${id}`).digest()
  const letters = [...digest.subarray(0, 13)].map(byte => LETTERS[byte % LETTERS.length])
  return [BEGINNINGS[stack.resources[id]?.Type ?? ''] ?? 'C', ...letters].join('')
}

export function domainNameOf(stack: StackTemplate, id: string): string {
  return `d${cloudFrontId(stack, id).slice(1).toLowerCase()}.cloudfront.net`
}
