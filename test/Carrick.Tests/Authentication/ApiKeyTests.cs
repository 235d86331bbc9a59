using System.Text;
using Carrick.Authentication;
using Carrick.Operations;
using Carrick.Storage.Commands;
using Carrick.Tests.Rest;
using CsCheck;

namespace Carrick.Tests.Authentication;

public sealed class ApiKeyTests
{
    [Fact]
    public void Create_Key_HasTheDocumentedForm()
    {
        var keys = Enumerable.Range(0, 100).Select(_ => ApiKeyFormat.Create()).ToHashSet();
        Assert.Equal(100, keys.Count);
        Assert.All(keys, key => Assert.Matches("^ck_[0-9A-HJKMNP-TV-Z]{26}_[0-9A-HJKMNP-TV-Z]{6}$", key));
        Assert.All(keys, key => Assert.True(ApiKeyFormat.IsWellFormed(key)));
    }

    [Fact]
    public void IsWellFormed_OneCharacterChanged_IsRefused()
    {
        var key = ApiKeyFormat.Create();
        Gen.Select(Gen.Int[0, key.Length - 1], Gen.Char["0123456789ABCDEFGHJKMNPQRSTVWXYZ_"]).Sample((index, replacement) =>
            key[index] == replacement || !ApiKeyFormat.IsWellFormed(key[..index] + replacement + key[(index + 1)..]));
    }

    [Fact]
    public void IsWellFormed_AnyText_DoesNotThrow() => Gen.String.Sample(text => !ApiKeyFormat.IsWellFormed(text));

    [Fact]
    public void Crc32_CheckValue_IsTheStandardOne() => Assert.Equal(0xCBF43926, ApiKeyFormat.Crc32(Encoding.ASCII.GetBytes("123456789")));

    [Fact]
    public async Task EnsureAdminKey_FirstStart_MakesOneOnce()
    {
        await using var host = await ApiHost.StartAsync();
        host.Store.Keys.Clear();
        var key = await host.Keys.EnsureAdminKeyAsync(TestContext.Current.CancellationToken);
        Assert.NotNull(key);
        Assert.NotNull((await host.Keys.CheckAsync(key, TestContext.Current.CancellationToken)).Caller);
        Assert.Null(await host.Keys.EnsureAdminKeyAsync(TestContext.Current.CancellationToken));
        var stored = Assert.IsType<PutApiKeyCommand>(host.Store.Commands[^1]);
        Assert.Equal(("system", "key.create"), (stored.Audit!.Actor, stored.Audit.Action));
        Assert.DoesNotContain(key, stored.Key.ToString(), StringComparison.Ordinal);
        Assert.Equal(32, stored.Key.Hash.Length);
    }

    [Fact]
    public async Task EnsureAdminKey_OnlyRevokedOnes_MakesAnother()
    {
        await using var host = await ApiHost.StartAsync();
        foreach (var key in host.Store.Keys.ToArray())
        {
            await host.Keys.RevokeAsync(key.Id, new Operator("system"), TestContext.Current.CancellationToken);
        }

        Assert.NotNull(await host.Keys.EnsureAdminKeyAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task EnsureAdminKey_Configured_StoresNothing()
    {
        await using var host = await ApiHost.StartAsync(adminKey: "configured-key-of-enough-length");
        host.Store.Keys.Clear();
        Assert.Null(await host.Keys.EnsureAdminKeyAsync(TestContext.Current.CancellationToken));
        Assert.Empty(host.Store.Keys);
        var verdict = await host.Keys.CheckAsync("configured-key-of-enough-length", TestContext.Current.CancellationToken);
        Assert.Equal("environment", verdict.Caller?.Actor);
        Assert.True(ApiScope.Covers(verdict.Caller!.Scopes, ApiScope.Admin));
    }

    [Fact]
    public async Task Check_RevokedElsewhere_IsRefusedWithin30Seconds()
    {
        await using var host = await ApiHost.StartAsync();
        var key = host.Key(ApiScope.Read);
        Assert.NotNull((await host.Keys.CheckAsync(key, TestContext.Current.CancellationToken)).Caller);
        host.Store.Keys[0] = host.Store.Keys[0] with { RevokedAt = host.Time.GetUtcNow() };
        host.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("revoked", (await host.Keys.CheckAsync(key, TestContext.Current.CancellationToken)).Failure);
    }

    [Fact]
    public async Task Check_Repeated_ReadsTheStoreOnce()
    {
        await using var host = await ApiHost.StartAsync();
        var before = host.Store.KeyReads;
        for (var i = 0; i < 10; i++)
        {
            await host.Keys.CheckAsync(host.Key(ApiScope.Read), TestContext.Current.CancellationToken);
        }

        Assert.Equal(before + 1, host.Store.KeyReads);
    }

    [Fact]
    public async Task Check_StoreFails_KnownKeysStayInForce()
    {
        await using var host = await ApiHost.StartAsync();
        var key = host.Key(ApiScope.Read);
        await host.Keys.CheckAsync(key, TestContext.Current.CancellationToken);
        host.Store.ReadFailure = new StoreException("busy", StoreFailure.Transient);
        host.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull((await host.Keys.CheckAsync(key, TestContext.Current.CancellationToken)).Caller);
        Assert.Contains(host.Log.Lines, line => line.Id.Id == 4002);
    }

    [Fact]
    public async Task Check_StoreFailsAfterRevocation_AcceptsNothingOld()
    {
        await using var host = await ApiHost.StartAsync();
        var key = host.Key(ApiScope.Read);
        await host.Keys.CheckAsync(key, TestContext.Current.CancellationToken);
        await host.Keys.RevokeAsync(host.Store.Keys[0].Id, new Operator("system"), TestContext.Current.CancellationToken);
        host.Store.ReadFailure = new StoreException("busy", StoreFailure.Transient);
        await Assert.ThrowsAsync<StoreException>(async () => await host.Keys.CheckAsync(key, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Create_StoreFull_MakesNoKey()
    {
        await using var host = await ApiHost.StartAsync();
        host.Store.WriteFailure = new EngineFullException("full", TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<EngineFullException>(async () =>
            await host.Keys.CreateAsync("x", [ApiScope.Read], new Operator("system"), TestContext.Current.CancellationToken));
        Assert.Equal(3, host.Store.Keys.Count);
    }

    [Fact]
    public void CreatedApiKey_Text_HasNoKey()
    {
        var created = new CreatedApiKey(new(default, "n", "ck_", default, [], default, null), "canary");
        Assert.DoesNotContain("canary", created.ToString(), StringComparison.Ordinal);
    }
}
