import type { IncomingMessage } from 'node:http';

declare global {
	namespace App {
		/** `requestId` is there for what nobody foresaw: the same id stands in the log. */
		interface Error {
			message: string;
			requestId?: string;
		}
		interface Locals {
			requestId: string;
		}
		interface Platform {
			req: IncomingMessage;
		}
	}
}

export {};
