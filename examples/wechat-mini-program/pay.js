// A page of a WeChat mini program (微信小程序): pays a bill of the FastAPI shop.
// Beside it: pay.wxml. `shop` is your own server; it alone knows the keys of the centre.

const shop = 'https://shop.example'
const LOOKS = 20
const PAUSE_MS = 1500

function request(method, path, data) {
  return new Promise((resolve, reject) => {
    wx.request({
      method,
      url: shop + path,
      data,
      success: ({ statusCode, data: body }) =>
        statusCode < 300 ? resolve(body) : reject(new Error(`HTTP ${statusCode}`)),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    })
  })
}

// What the phone says is for display only: whether it is paid, the shop knows from the centre.
function showPaymentSheet(params) {
  return new Promise((resolve) => {
    wx.requestPayment({
      timeStamp: params.timeStamp,
      nonceStr: params.nonceStr,
      package: params.package,
      signType: params.signType,
      paySign: params.paySign,
      success: () => resolve('done'),
      fail: ({ errMsg }) => resolve(errMsg.includes('cancel') ? 'cancelled' : errMsg),
    })
  })
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

Page({
  data: { state: 'open', message: '' },

  async pay() {
    if (this.data.state === 'paying') return // One tap, one payment.
    this.setData({ state: 'paying', message: '' })
    try {
      const openid = getApp().globalData.openid // of your own login
      const payment = await request('POST', '/api/bills', { openid })
      if (payment.action === null || payment.action.type !== 'jsapi') {
        throw new Error(payment.status)
      }
      const shown = await showPaymentSheet(payment.action.params)
      await this.look(payment.merchant_order_no, shown)
    } catch (error) {
      this.setData({ state: 'open', message: error.message })
    }
  },

  // Also after a "cancel": the payer may have paid a moment before.
  async look(number, shown) {
    const looks = shown === 'done' ? LOOKS : 2
    for (let look = 0; look < looks; look += 1) {
      const { paid } = await request('GET', `/api/bills/${encodeURIComponent(number)}`)
      if (paid) {
        this.setData({ state: 'paid', message: '' })
        return
      }
      await pause(PAUSE_MS)
    }
    const message = shown === 'done' ? '支付处理中，请稍后查看' : shown === 'cancelled' ? '已取消' : shown
    this.setData({ state: shown === 'done' ? 'waiting' : 'open', message })
  },
})
