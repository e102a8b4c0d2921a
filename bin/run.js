#!/usr/bin/env node
await import('../dist/modules/main.js');
