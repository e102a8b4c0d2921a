/** What `kx sandbox` starts when no file is given. */
export const defaultCluster = `
apiVersion: v1
kind: Node
metadata: { name: node-1, labels: { node-role.kubernetes.io/control-plane: '' } }
---
apiVersion: v1
kind: Node
metadata: { name: node-2, labels: { node-role.kubernetes.io/worker: '' } }
---
apiVersion: v1
kind: Node
metadata: { name: node-3, labels: { node-role.kubernetes.io/worker: '' } }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default, labels: { app: web } }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: sandbox/web:1.0
          env: [{ name: GREETING, value: hello }]
          command: [sh, -c]
          args:
            - |
              echo "web starts on $HOSTNAME"
              n=0; while sleep 5; do n=$((n + 1)); echo "request $n served by $HOSTNAME"; done
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default, labels: { app: web } }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: two, namespace: default, labels: { app: two } }
spec:
  initContainers:
    - name: setup
      image: sandbox/setup:1.0
  containers:
    - name: app
      image: sandbox/app:1.0
      command: [sh, -c, 'echo "app starts"; exec sleep infinity']
    - name: sidecar
      image: sandbox/sidecar:1.0
---
apiVersion: v1
kind: Pod
metadata: { name: echo, namespace: shop, labels: { app: echo } }
spec:
  containers:
    - name: echo
      image: sandbox/echo:1.0
      stdin: true
      command: [cat]
---
apiVersion: v1
kind: Pod
metadata: { name: scratch, namespace: shop, labels: { app: scratch } }
spec:
  containers:
    - name: app
      image: scratch
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: node-agent, namespace: kube-system, labels: { app: node-agent } }
spec:
  selector: { matchLabels: { app: node-agent } }
  template:
    metadata: { labels: { app: node-agent } }
    spec:
      containers:
        - name: agent
          image: sandbox/node-agent:1.0
---
apiVersion: kx.dev/v1
kind: SandboxUser
metadata: { name: viewer }
spec:
  rules:
    - { verbs: [get, list, watch], apiGroups: ['', apps, batch], resources: ['*'] }
---
apiVersion: kx.dev/v1
kind: SandboxUser
metadata: { name: developer }
spec:
  rules:
    - { verbs: [get, list, watch], apiGroups: ['', apps, batch], resources: ['*'], namespaces: [default] }
    - { verbs: [get, create], resources: [pods/exec, pods/attach], namespaces: [default] }
`;
