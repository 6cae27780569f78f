// From the top folder of the repository, beside a running `make run`:
//
//	go run -C examples/first-payment . "${PAYMESH_LOCAL_DIR:-$PWD/.local}/demo.json"
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"paymesh"
)

var client = http.Client{Timeout: 40 * time.Second} // a payment code (付款码) may take 30

var demo struct {
	GatewayURL string            `json:"gateway_url"`
	SandboxURL string            `json:"sandbox_url"`
	MerchantID string            `json:"merchant_id"`
	PaymentIDs map[string]string `json:"payment_ids"`
	App        struct {
		AppID  string `json:"app_id"`
		KeyID  string `json:"key_id"`
		Secret string
	}
}

type Payment struct {
	PaymentNo      string `json:"payment_no"`
	ChannelTradeNo string `json:"channel_trade_no"`
	Status         string
	Action         struct {
		QRCode string `json:"qr_code"`
	}
}

func call(method, target string, body []byte) (payment Payment) {
	request, _ := http.NewRequest(method, demo.GatewayURL+target, bytes.NewReader(body))
	credentials := paymesh.Credentials{AppID: demo.App.AppID, KeyID: demo.App.KeyID, Key: demo.App.Secret}
	authorization, err := credentials.Authorization(method, target, time.Now().Unix(), random(), body)
	must(err)
	request.Header.Set("Authorization", authorization) // it signs the very bytes that are sent
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	must(err)
	defer answer.Body.Close()
	if answer.StatusCode >= 400 {
		var problem map[string]any
		must(json.NewDecoder(answer.Body).Decode(&problem))
		log.Fatalf("%v: %v %v (%v)", problem["code"], problem["detail"], problem["errors"], problem["request_id"])
	}
	must(json.NewDecoder(answer.Body).Decode(&payment))
	return payment
}

func main() {
	file, err := os.ReadFile(os.Args[1])
	must(err)
	must(json.Unmarshal(file, &demo))
	body, _ := json.Marshal(map[string]any{
		"merchant_id":       demo.MerchantID,
		"payment_id":        demo.PaymentIDs["wechat"],
		"merchant_order_no": "W-" + random(),
		"amount":            1299, // minor units (分)
		"subject":           "物业费 11月",
		"method":            "native",
	})
	payment := call("POST", "/v1/payments", body)
	fmt.Println("draw this as a QR code:", payment.Action.QRCode)

	paying, _ := json.Marshal(map[string]string{"payment_no": payment.PaymentNo})
	_, err = client.Post(demo.SandboxURL+"/_control/pay", "application/json", bytes.NewReader(paying))
	must(err) // the payer, played at the sandbox
	for payment.Status == "initiating" || payment.Status == "pending" || payment.Status == "unknown" {
		time.Sleep(200 * time.Millisecond) // in production: the callback
		payment = call("GET", "/v1/payments/"+payment.PaymentNo, nil)
	}
	fmt.Println(payment.PaymentNo, payment.Status, payment.ChannelTradeNo)
}

func random() string {
	bytes := make([]byte, 16)
	_, err := rand.Read(bytes)
	must(err)
	return hex.EncodeToString(bytes)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
