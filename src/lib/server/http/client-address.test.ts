import { expect, it } from 'vitest';
import { isAddressHidden, plainAddress, socketAddress } from './client-address';

const socket = { remoteAddress: '::ffff:192.0.2.7' };
const headers = { 'x-forwarded-for': '10.9.9.9, 198.51.100.2, 203.0.113.5', 'x-real-ip': '203.0.113.8' };

it('believes the socket unless a header was named', () => {
	expect(socketAddress({ headers, socket }, {})).toBe('192.0.2.7');
});

it('reads the named header, x-forwarded-for from the right', () => {
	expect(socketAddress({ headers, socket }, { ADDRESS_HEADER: 'X-Real-IP' })).toBe('203.0.113.8');
	expect(socketAddress({ headers, socket }, { ADDRESS_HEADER: 'x-forwarded-for' })).toBe('203.0.113.5');
	const env = { ADDRESS_HEADER: 'X-Forwarded-For', XFF_DEPTH: '2' };
	expect(socketAddress({ headers, socket }, env)).toBe('198.51.100.2');
	expect(socketAddress({ headers: {}, socket }, env)).toBe('192.0.2.7');
});

it('writes an IPv4 address plainly and leaves IPv6 alone', () => {
	expect(plainAddress('::ffff:127.0.0.1')).toBe('127.0.0.1');
	expect(plainAddress('::1')).toBe('::1');
	expect(plainAddress(undefined)).toBe('');
});

it('is hidden behind a proxy that says it nowhere', () => {
	expect(isAddressHidden('https://sh0.example.org', {})).toBe(true);
	expect(isAddressHidden('https://sh0.example.org', { ADDRESS_HEADER: 'x-real-ip' })).toBe(false);
	expect(isAddressHidden(null, {})).toBe(false);
});
