import { setDefaultHighWaterMark } from 'node:stream';

// Plain JavaScript: server.js uses it, outside the bundle.

/** Objects pass through in pieces: Node's 16 KiB would stop and start their senders for nearly each (a third less rate from MinIO). */
export function passInLargePieces() {
	setDefaultHighWaterMark(false, 512 * 1024);
}
