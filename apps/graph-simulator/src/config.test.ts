import { readConfig } from './config.js';

test('every problem of the command line is reported at once', () => {
  expect(() => readConfig(['--port', 'x', '--limits', 'some', '--latency', 'slow'], {})).toThrow(/--port[^]*--limits[^]*--latency/);
});

test('an unknown flag is refused', () => {
  expect(() => readConfig(['--prot', '1'], {})).toThrow('--prot');
});

test('flags win over the environment, and both over what is built in', () => {
  expect(readConfig([], {})?.app.secret).toBe('simulator-secret');
  expect(readConfig([], { SIMULATOR_CLIENT_SECRET: 'env' })?.app.secret).toBe('env');
  expect(readConfig(['--client-secret', 'flag', '--tls-port', 'off', '--latency', '5+20'], { SIMULATOR_CLIENT_SECRET: 'env' })).toMatchObject({ app: { secret: 'flag' }, tlsPort: null, latency: { fixedMs: 5, jitterMs: 20 } });
});
