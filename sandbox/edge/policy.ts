import { BlockList } from 'node:net'
import { z } from 'zod'
import { matches } from './wildcard.ts'

/** Who may have what, and when, as a signed URL says it. */

const epochTime = z.strictObject({ 'AWS:EpochTime': z.int().nonnegative() })

const policy = z.strictObject({
  Statement: z.tuple([
    z.strictObject({
      /** * is any number of characters, ? exactly one; without a resource it is everything. */
      Resource: z
        .string()
        .regex(/^(https?:\/\/|\*)/)
        .default('*'),
      Condition: z.strictObject({
        DateLessThan: epochTime,
        DateGreaterThan: epochTime.optional(),
        IpAddress: z.strictObject({ 'AWS:SourceIp': z.string() }).optional(),
      }),
    }),
  ]),
})

export interface Viewer {
  /** Of the request, in milliseconds since 1970. */
  readonly time: number
  readonly address: string
}

export type Policy = z.infer<typeof policy>

const NETWORK = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d|[12]\d|3[0-2])$/

/** As the documentation writes it, without any blank; `expires` is in seconds since 1970. */
export function cannedPolicy(resource: string, expires: string): string {
  return `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`
}

/** Undefined for what is none, or says more than is known here. */
export function parsePolicy(text: Buffer): Policy | undefined {
  try {
    return policy.safeParse(JSON.parse(text.toString())).data
  } catch {
    return undefined
  }
}

export function isAllowed({ Statement: [statement] }: Policy, resource: string, viewer: Viewer): boolean {
  const { DateLessThan, DateGreaterThan, IpAddress } = statement.Condition
  const time = viewer.time / 1000
  if (time >= DateLessThan['AWS:EpochTime']) return false
  if (DateGreaterThan && time <= DateGreaterThan['AWS:EpochTime']) return false
  if (IpAddress && !isWithin(viewer.address, IpAddress['AWS:SourceIp'])) return false
  return matches(statement.Resource, resource)
}

/** IPv4 only, and always with the length of the network. */
function isWithin(address: string, network: string): boolean {
  const [, base, length] = NETWORK.exec(network) ?? []
  if (base === undefined) return false
  try {
    const list = new BlockList()
    list.addSubnet(base, Number(length), 'ipv4')
    return list.check(address.replace(/^::ffff:/, ''), 'ipv4')
  } catch {
    return false
  }
}
