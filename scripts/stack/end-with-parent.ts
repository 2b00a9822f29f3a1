// Loaded before a child's own code (`node --import`). When the parent is killed its channel breaks, and the child
// then stops as it does on SIGTERM, so that nothing is left behind.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
// The channel alone must not keep a process alive that has ended its work.
process.channel?.unref()
