// In a folder of its own, with sdk/go of the repository as the module paymesh:
//
//	go mod init receiver
//	go mod edit -require paymesh@v0.0.0 -replace paymesh=<repository>/sdk/go
//	PORT=9000 WEBHOOK_SECRET=whsec_… go run .
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"paymesh"
)

const largest = 131_072 // bytes; no callback is larger

var secret = os.Getenv("WEBHOOK_SECRET")

func receive(answer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(answer, request.Body, largest)) // the exact bytes
	if err != nil {
		answer.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if !paymesh.IsAuthentic(secret, request.Header, body, time.Now()) {
		answer.WriteHeader(http.StatusUnauthorized)
		return
	}
	var event struct{ Type string }
	if json.Unmarshal(body, &event) != nil {
		answer.WriteHeader(http.StatusBadRequest)
		return
	}
	fmt.Println(request.Header.Get("webhook-id"), event.Type) // store it before you answer
	fmt.Fprint(answer, "success")
}

func main() {
	if secret == "" {
		log.Fatal("WEBHOOK_SECRET is not set")
	}
	http.HandleFunc("/", receive)
	server := http.Server{Addr: ":" + os.Getenv("PORT"), ReadTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}
