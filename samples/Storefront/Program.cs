using Storefront;

await StorefrontApp.Create(args).RunAsync();
