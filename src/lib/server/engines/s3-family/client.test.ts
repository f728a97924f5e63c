import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { isAppError } from '../../errors';
import { Secret } from '../../secret';
import { answering } from '../../testing/http-server';
import { openS3, toS3Error } from './client';

/** What becomes of a real call to this port, with what goes wrong before it is sent. */
async function failureAt(port: number, prepare: () => void = () => undefined): Promise<unknown> {
	const s3 = openS3({
		...{ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1' },
		...{ user: 'AKEXAMPLE', secret: new Secret('s'.repeat(40)) },
	});
	s3.middlewareStack.add(
		(next) => (args) => {
			prepare();
			return next(args);
		},
		{ step: 'build' },
	);
	try {
		await s3.send(new ListBucketsCommand({}));
		return null;
	} catch (error) {
		return toS3Error(error);
	} finally {
		s3.destroy();
	}
}

it('says that a server is not reached when it is not there, cuts off, or is no S3', async () => {
	const failures = [
		await failureAt(1),
		await failureAt(await answering((request) => request.socket.destroy())),
		await failureAt(await answering((_request, response) => response.socket?.end('SSH-2.0-x\r\n'))),
		await failureAt(
			await answering((_request, response) => {
				response.writeHead(200, { 'content-length': 100 });
				response.write('<a>');
				setTimeout(() => response.socket?.destroy(), 50);
			}),
		),
		await failureAt(await answering((_request, response) => response.end('<html><p>hello'))),
	];
	for (const failure of failures) expect(failure).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
});

it('takes an answer without a name by its status: a busy server is one to wait for', async () => {
	const nameless = async (status: number) =>
		failureAt(await answering((_request, response) => response.writeHead(status).end()));
	expect(await nameless(503)).toMatchObject({ code: 'ENGINE_NOT_READY' });
	expect(await nameless(501)).toMatchObject({ code: 'ENGINE_REFUSED' });
	expect(await nameless(400)).toMatchObject({ code: 'ENGINE_REFUSED' });
	expect(await nameless(403)).toMatchObject({ code: 'ENGINE_UNREACHABLE', details: { reason: 'login' } });
});

it('leaves a mistake of ours what it is', async () => {
	const port = await answering((_request, response) => response.end());
	const mistakes = [
		new ReferenceError('name is not defined'),
		new TypeError('Cannot read properties of undefined'),
		Object.assign(new TypeError('The argument must be a string'), { code: 'ERR_INVALID_ARG_TYPE' }),
	];
	for (const mistake of mistakes) {
		const failure = await failureAt(port, () => {
			throw mistake;
		});
		expect(failure).toBe(mistake);
		expect(isAppError(failure)).toBe(false);
	}
	expect(toS3Error('thrown')).toMatchObject({ cause: 'thrown' });
});
