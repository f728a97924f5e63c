/** The dev server's twin of server.js's WebSocket door. @returns {import('vite').Plugin} */
export function webSocketDoor() {
	return { name: 'sh0-websocket-door' };
}
