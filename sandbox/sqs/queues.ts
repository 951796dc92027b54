import { randomUUID } from 'node:crypto'
import { draw } from '../draw.ts'

/** As a queue is deployed; times in milliseconds. */
export interface QueueSettings {
  /** From when a message was received until it comes again. */
  readonly visibilityTimeout: number
  /** From when a message was sent until it is forgotten. */
  readonly retention: number
  /** To which queue a message goes instead of being received once more. */
  readonly redrive?: { readonly deadLetters: string; readonly mostReceives: number } | undefined
}

/** Times in milliseconds since 1970. */
export interface QueuedMessage {
  readonly id: string
  readonly body: string
  readonly sentAt: number
  readonly visibleAt: number
  readonly receives: number
  readonly firstReceivedAt?: number | undefined
}

/** Standard queues keep no order and deliver at least once: by the seed, in any order, and this share of the messages twice. */
export interface Scatter {
  readonly seed: number
  readonly twice: number
}

interface Queue {
  settings: QueueSettings
  messages: readonly QueuedMessage[]
}

/** Standard queues in memory, by their names. */
export class Queues {
  readonly #now: () => number
  readonly #queues = new Map<string, Queue>()
  #scatter: Scatter | undefined
  #draws = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** From here on; without it messages come once, in the order in which they were sent. */
  scatter(scatter: Scatter | undefined): void {
    this.#scatter = scatter
    this.#draws = 0
  }

  /** What is in a queue stays in it when it is deployed again. */
  deploy(name: string, settings: QueueSettings): void {
    this.#queues.set(name, { settings, messages: this.#queues.get(name)?.messages ?? [] })
  }

  has(name: string): boolean {
    return this.#queues.has(name)
  }

  /** All that are in it, also those that somebody has received and not removed. */
  messages(name: string): readonly QueuedMessage[] {
    return this.#queue(name).messages
  }

  send(name: string, body: string): QueuedMessage {
    const queue = this.#queue(name)
    const sentAt = this.#now()
    const message = { id: randomUUID(), body, sentAt, visibleAt: sentAt, receives: 0 }
    const late = this.#draw() * queue.settings.visibilityTimeout
    const again = this.#draw() < (this.#scatter?.twice ?? 0) ? [{ ...message, visibleAt: sentAt + late }] : []
    queue.messages = [...queue.messages, message, ...again]
    return message
  }

  /** When the next message can be received or has to be put away; `undefined` for none. */
  nextVisible(name: string): number | undefined {
    const times = this.#queue(name).messages.map(({ visibleAt }) => visibleAt)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** What can be received now, `most` at the most; `dead` are those that went into the queue for dead letters instead. */
  receive(name: string, most: number): { received: QueuedMessage[]; dead: QueuedMessage[] } {
    const queue = this.#queue(name)
    const { visibilityTimeout, retention, redrive } = queue.settings
    const now = this.#now()
    queue.messages = queue.messages.filter(({ sentAt }) => sentAt + retention > now)
    const visible = queue.messages.filter(({ visibleAt }) => visibleAt <= now)
    const dead = visible.filter(({ receives }) => redrive !== undefined && receives >= redrive.mostReceives)
    for (const message of dead) this.#bury(name, message, redrive?.deadLetters ?? '')
    const chosen = this.#shuffle(visible.filter(message => !dead.includes(message))).slice(0, most)
    const received = chosen.map(message => {
      const { receives, firstReceivedAt = now } = message
      return { ...message, receives: receives + 1, firstReceivedAt, visibleAt: now + visibilityTimeout }
    })
    const left = queue.messages.filter(message => !chosen.includes(message))
    queue.messages = [...left, ...received]
    return { received, dead }
  }

  /** Once it is done; the very object that was received. */
  remove(name: string, message: QueuedMessage): void {
    const queue = this.#queue(name)
    queue.messages = queue.messages.filter(each => each !== message)
  }

  #bury(name: string, message: QueuedMessage, deadLetters: string): void {
    this.remove(name, message)
    const grave = this.#queue(deadLetters)
    grave.messages = [...grave.messages, { ...message, receives: 0 }]
  }

  #queue(name: string): Queue {
    const queue = this.#queues.get(name)
    if (queue) return queue
    throw new Error(`there is no queue ${name}`)
  }

  #shuffle(messages: readonly QueuedMessage[]): QueuedMessage[] {
    if (this.#scatter === undefined) return [...messages]
    const places = messages.map(message => [this.#draw(), message] as const)
    return places.sort(([a], [b]) => a - b).map(([, message]) => message)
  }

  #draw(): number {
    this.#draws += 1
    return draw(this.#scatter?.seed ?? 0, this.#draws)
  }
}
