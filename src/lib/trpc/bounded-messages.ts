import { maxCallsPerMessage } from '../shared/socket-bounds.js';

/** What tRPC sends of one tick, as messages that the server takes: it closes a socket that brings more calls at once. */
export function boundedMessages(text: string): string[] {
	const calls: unknown = JSON.parse(text);
	if (!Array.isArray(calls) || calls.length <= maxCallsPerMessage) return [text];
	const count = Math.ceil(calls.length / maxCallsPerMessage);
	return Array.from({ length: count }, (_, at) =>
		JSON.stringify(calls.slice(at * maxCallsPerMessage, (at + 1) * maxCallsPerMessage)),
	);
}
