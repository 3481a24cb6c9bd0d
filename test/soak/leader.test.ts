// The story of the leader on a true API server, with twenty kills in place of three.
process.env['SPRINGTIDE_KILLS'] ??= '20';
await import('../real/leader.test.ts');
