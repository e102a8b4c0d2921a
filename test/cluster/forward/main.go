// forward listens inside another network namespace and dials in its own: a node's only way to the API, and to nothing else.
//
//	forward 127.0.0.1:6443 /run/netns/NAME ADDRESS:PORT...
//
// A socket belongs to the namespace of the thread that made it, so only the call of listen has to run over there.
package main

import (
	"io"
	"log"
	"net"
	"os"
	"runtime"
	"syscall"
)

const setnsNumber = 308 // of linux/amd64; package syscall has no name for it

// listenThere moves this goroutine's thread for good, so it must run in a goroutine of its own that ends after it.
func listenThere(namespace string, addresses []string, listeners chan<- net.Listener) {
	runtime.LockOSThread()
	file, err := os.Open(namespace)
	if err != nil {
		log.Fatal(err)
	}
	if _, _, failed := syscall.RawSyscall(setnsNumber, file.Fd(), syscall.CLONE_NEWNET, 0); failed != 0 {
		log.Fatalf("setns %s: %v", namespace, failed)
	}
	for _, address := range addresses {
		listener, err := net.Listen("tcp4", address)
		if err != nil {
			log.Fatal(err)
		}
		listeners <- listener
	}
	close(listeners)
}

func join(near net.Conn, target string) {
	defer near.Close()
	far, err := net.Dial("tcp4", target)
	if err != nil {
		return
	}
	defer far.Close()
	ended := make(chan struct{})
	go func() {
		io.Copy(far, near)
		far.(*net.TCPConn).CloseWrite()
		close(ended)
	}()
	io.Copy(near, far)
	near.(*net.TCPConn).CloseWrite()
	<-ended
}

func main() {
	target, namespace, addresses := os.Args[1], os.Args[2], os.Args[3:]
	listeners := make(chan net.Listener)
	go listenThere(namespace, addresses, listeners)
	for listener := range listeners {
		go func() {
			for {
				near, err := listener.Accept()
				if err != nil {
					log.Fatal(err)
				}
				go join(near, target)
			}
		}()
	}
	select {}
}
