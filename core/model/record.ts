/** How a live report holds revisions: records in a part for each shard. Apart from its schemas, for those that hold millions of them. */
export const RECORD_BYTES = 16
export const PARTS = 64
