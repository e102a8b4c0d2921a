# Everything runs with the Node and the bun that npm brings; the machine needs Node 20 with npm, and make.
SHELL := /bin/bash
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
# The kx that the tests run.
export KX_BIN := $(CURDIR)/dist/kubectl-kx

binary := dist/kubectl-kx
installed := node_modules/.package-lock.json
sources := $(shell find src -name '*.ts') scripts/build.ts oclif.manifest.json package.json
unit_tests := 'test/unit/**/*.test.ts' 'test/conformance/*.test.ts' 'test/cli/*.test.ts'
# Each file has a keeper that ends it when it takes too long, and what it leaves.
run_tests := node --import=./test/support/keeper.ts --test --test-concurrency=2 --test-timeout=300000

.PHONY: help deps build demo test check surface cluster-up cluster-down test-cluster bench release test-release clean

help: ## these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

deps: $(installed) ## install what package-lock.json names
# npm may be set to refuse the scripts that put node and bun in their place.
$(installed): package-lock.json
	npm ci --no-fund --no-audit --loglevel=error
	@test -x node_modules/node/bin/node || (cd node_modules/node && PATH=$${PATH#*:} node installArchSpecificPackage.js)
	@test -e node_modules/.bin/node || ln -sf ../node/bin/node node_modules/.bin/node
	@bun --version >/dev/null 2>&1 || (cd node_modules/bun && node install.js)
	@touch $@

build: $(binary) ## dist/kubectl-kx, the one file
$(binary): $(installed) $(sources)
	node scripts/build.ts

demo: build ## kx on a cluster inside this machine; no root, no Kubernetes
	$(binary) sandbox -- bash scripts/demo.sh $(CURDIR)/$(binary)

test: build ## everything that needs no cluster
	$(run_tests) $(unit_tests)

check: deps ## types, style, layers, dead code, and what is generated
	tsc -p tsconfig.json
	eslint .
	prettier --check --log-level=warn .
	depcruise --config .dependency-cruiser.mjs src
	knip
	node scripts/surface.ts --check

surface: deps ## write oclif.manifest.json, docs/errors.md, the man page and the README's reference anew
	node scripts/surface.ts

cluster-up: ## a real Kubernetes of three nodes on this machine (Debian, root); prints its kubeconfig
	@test/cluster/up.sh

test-cluster: build ## everything that needs a real cluster; KX_TEST_CONTEXT names another one
	kubeconfig=$$(test/cluster/up.sh) && KUBECONFIG=$$kubeconfig $(run_tests) --test-concurrency=1 'test/cluster/*.test.ts'

cluster-down: ## end the cluster of cluster-up
	@test/cluster/down.sh

bench: build ## kx beside kubectl and stern, on the test cluster and the sandbox; writes docs/benchmarks.md
	kubeconfig=$$(test/cluster/up.sh) && KUBECONFIG=$$kubeconfig node bench/run.ts

release: deps ## dist/release: an archive for each platform, sums, SBOM and Krew's manifest, all checked
	node scripts/release.ts

test-release: build release ## the release, with Krew and qemu (Debian; root the first time)
	$(run_tests) --test-concurrency=1 'test/release/*.test.ts'

clean: ## what was built
	rm -rf dist
