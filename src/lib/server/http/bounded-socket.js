// Plain JavaScript: the door's own, before the bundle.
import { WebSocket } from 'ws';
import { maxCallsPerMessage, maxSubscriptionsPerSocket } from '../../shared/socket-bounds.js';

const maxWaitingBytes = 4 * 1024 * 1024;
/** The close code for what breaks the rules (RFC 6455). */
const policyViolation = 1008;

/**
 * @param {string} text
 * @returns {unknown}
 */
function parsed(text) {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

/**
 * One field of a message, whatever it is.
 * @param {unknown} message
 * @param {string} name
 * @returns {unknown}
 */
function field(message, name) {
	return typeof message === 'object' && message !== null ? Reflect.get(message, name) : undefined;
}

/**
 * A WebSocket that takes no more of the panel than a page needs: 10 calls in a message, 20 live subscriptions, and 4 MiB of answers that
 * the peer does not read. tRPC's own handler has none of these bounds.
 */
export class BoundedSocket extends WebSocket {
	/** @type {Set<unknown>} */
	#subscriptions = new Set();

	/**
	 * Looks at a message before whoever listens does.
	 * @override
	 * @param {string | symbol} event
	 * @param {...any} values
	 */
	emit(event, ...values) {
		if (event === 'message') {
			const reason = this.#judge(parsed(String(values[0])));
			if (reason !== null) {
				this.close(policyViolation, reason);
				return true;
			}
		}
		return super.emit(event, ...values);
	}

	/**
	 * @override
	 * @param {...any} values
	 */
	send(...values) {
		if (this.bufferedAmount > maxWaitingBytes) return this.terminate();
		this.#noteEnd(values[0]);
		Reflect.apply(super.send, this, values);
	}

	/**
	 * @param {unknown} message
	 * @returns {string | null} Why this is too much.
	 */
	#judge(message) {
		// What still arrives while closing is not looked at.
		if (this.readyState !== WebSocket.OPEN) return 'closing';
		const calls = Array.isArray(message) ? message : [message];
		if (calls.length > maxCallsPerMessage) return 'too many calls in one message';
		for (const call of calls) {
			const method = field(call, 'method');
			if (method === 'subscription.stop') this.#subscriptions.delete(field(call, 'id'));
			if (method === 'subscription') this.#subscriptions.add(field(call, 'id'));
		}
		return this.#subscriptions.size > maxSubscriptionsPerSocket ? 'too many subscriptions' : null;
	}

	/**
	 * An answer that ends a subscription: a short text, so that long ones need not be read.
	 * @param {unknown} data
	 */
	#noteEnd(data) {
		if (this.#subscriptions.size === 0 || typeof data !== 'string' || data.length > 4_000) return;
		if (!data.includes('"stopped"') && !data.includes('"error"')) return;
		const answer = parsed(data);
		const isEnd =
			field(answer, 'error') !== undefined || field(field(answer, 'result'), 'type') === 'stopped';
		if (isEnd) this.#subscriptions.delete(field(answer, 'id'));
	}
}
