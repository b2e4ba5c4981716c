/**
 * How much input of one link is given out at a time, up to the end of the chunk in which it is
 * reached. Then timers, other links and this node's own output have their turn. It takes a few
 * milliseconds if the messages are small, beside which a turn of the event loop costs little.
 */
export const turnBytes: number = 256 * 1024;
