/** A policy as templates write it, with nothing left to resolve. */
export interface Statement {
  Sid?: string
  Effect: 'Allow' | 'Deny'
  Principal?: unknown
  Action: string | string[]
  Resource?: string | string[]
  NotResource?: string | string[]
  Condition?: Conditions
}

/** By operator, then by key. */
export type Conditions = Record<string, Record<string, string | number | string[]>>

export interface PolicyDocument {
  Version: string
  Statement: Statement[]
}

/** By the name of the role or bucket they belong to. */
export type Policies = ReadonlyMap<string, PolicyDocument>

export function list<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}
