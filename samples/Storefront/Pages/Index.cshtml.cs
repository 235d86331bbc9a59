using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Storefront.Orders;

namespace Storefront.Pages;

/// <summary>The newest orders.</summary>
internal sealed class IndexModel(ShopContext shop, TestEvents events, IWebHostEnvironment environment) : PageModel
{
    private const int Newest = 50;

    public IReadOnlyList<Row> Rows { get; private set; } = [];

    /// <summary>Test events are for development only: they are signed by the shop itself.</summary>
    public bool CanTest => environment.IsDevelopment();

    public async Task OnGetAsync(CancellationToken cancellationToken) => Rows = await shop.Orders
        .AsNoTracking()
        .OrderByDescending(order => order.PlacedAt)
        .ThenByDescending(order => order.Id)
        .Take(Newest)
        .Select(order => new Row(order, shop.Parcels.Any(parcel => parcel.Order == order.Id)))
        .ToListAsync(cancellationToken);

    public async Task<IActionResult> OnPostOrderAsync(CancellationToken cancellationToken)
    {
        if (!CanTest)
        {
            return NotFound();
        }

        await events.CompleteCheckoutAsync(Self, cancellationToken);
        return RedirectToPage();
    }

    public async Task<IActionResult> OnPostRefundAsync(string id, CancellationToken cancellationToken)
    {
        if (!CanTest || await shop.Orders.FindAsync([id], cancellationToken) is not { } order)
        {
            return NotFound();
        }

        await events.RefundAsync(Self, order.Payment, order.Total, cancellationToken);
        return RedirectToPage();
    }

    private Uri Self => new UriBuilder(Uri.UriSchemeHttp, HttpContext.Connection.LocalIpAddress!.ToString(), HttpContext.Connection.LocalPort).Uri;

    internal sealed record Row(Order Order, bool Packed)
    {
        public string State => Order.Refunded > 0 ? "refunded" : Packed ? "packed" : "paid";
    }
}
